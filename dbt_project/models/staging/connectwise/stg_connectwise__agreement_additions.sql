{{ config(unique_key=['organization_id', 'agreement_addition_id']) }}

with source as (
    {{ changed_records(source('connectwise', 'agreement_additions')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as agreement_addition_id,
        fields."agreementId" as agreement_id,
        fields.product ->> 'identifier' as product_identifier,
        fields.description,
        fields.quantity,
        fields."lessIncluded" as less_included,
        fields."unitPrice" as unit_price,
        fields."unitCost" as unit_cost,
        fields."extPrice" as extended_price,
        fields."billCustomer" as bill_customer,
        left(fields."effectiveDate", 10)::date as effective_date,
        left(fields."cancelledDate", 10)::date as cancelled_date,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        "agreementId" text,
        product jsonb,
        description text,
        quantity numeric,
        "lessIncluded" numeric,
        "unitPrice" numeric,
        "unitCost" numeric,
        "extPrice" numeric,
        "billCustomer" text,
        "effectiveDate" text,
        "cancelledDate" text
    )
)

select * from renamed
